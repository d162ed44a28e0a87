"""Knative's revisions of a service."""


class Revisions:
    """The revisions of a service, and how KServe 0.21 has Knative share requests among them.

    Source: its ksvc_reconciler.go and inference_service_status.go.
    """

    def __init__(self) -> None:
        self.uris: dict[str, str] = {}
        self.ready = ""
        self._created, self._template = "", ""
        self._rolled_out, self._rolled_out_before = "", ""

    def find_or_create(self, service: str, template: str, uri: str) -> str:
        """Return the revision of a template: a new one, if it is another than the last."""
        if template != self._template:
            self._template = template
            self._created = f"{service}-predictor-{len(self.uris) + 1:05d}"
            self.uris[self._created] = uri
        return self._created

    def share(self, percent: int | None) -> dict[str, int]:
        """Return the per cent of each revision."""
        while True:
            before = self._rolled_out
            is_split = percent is not None and bool(before)
            of_latest = percent if percent is not None and is_split else 100
            shares = {self.ready: of_latest} if self.ready else {}
            if of_latest < 100:
                shares[before] = shares.get(before, 0) + 100 - of_latest
            if self.ready and before != self.ready:
                if of_latest == 100:
                    self._rolled_out_before, self._rolled_out = before, self.ready
            elif self.ready == self._created and of_latest < 100 and self._rolled_out_before:
                self._rolled_out = self._rolled_out_before
            if self._rolled_out == before or not is_split:
                return shares
