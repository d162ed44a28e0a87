"""What SageMaker asks of a container that serves a model.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

from components.serve.settings import Settings


def build_aliases(settings: Settings) -> dict[str, str]:
    """Return the paths that SageMaker calls, and the server's own that each stands for: none if it is off."""
    if not settings.sagemaker:
        return {}
    return {"/ping": "/v2/health/ready", "/invocations": f"/v1/models/{settings.model_name}:predict"}
