"""A registry on the node that gives no image without login: one that does not answer might come back."""

from collections.abc import Iterator

import pytest

from pipelines.image_names import ImageNames
from tests.cluster.kubectl import Kubectl
from tests.cluster.pods import make_pod
from tests.cluster.runs import PREFIX

_PORT = 5055
_POD = f"{PREFIX}-registry"
_PROGRAM = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(401)
    do_HEAD = do_GET
http.server.HTTPServer(("", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture(scope="session")
def private_image(suite: Kubectl) -> Iterator[str]:
    """The name of an image that no pod can pull."""
    image = ImageNames.choose().name_image("ingest")
    suite.run("delete", "pod", _POD, "--namespace", "default", "--ignore-not-found")
    command = ["python3", "-c", _PROGRAM, str(_PORT)]
    suite.apply(make_pod("registry", "default", {}, image, command, hostNetwork=True))
    suite.run("wait", "pod", _POD, "--namespace", "default", "--for=condition=Ready", "--timeout=60s")
    yield f"localhost:{_PORT}/kfp-tabular-nothing:1"
    suite.run("delete", "pod", _POD, "--namespace", "default", "--wait=false")
