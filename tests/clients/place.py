"""Where a client asks, and what comes back."""

from dataclasses import dataclass
from typing import Any

# {"result": ...} with what was answered, or {"fault": ...} with the problem.
Outcome = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """A server to be asked: its address, and the key that opens it."""

    address: str
    key: str

    def contract(self, version: str) -> str:
        """Where the contract of one version of SOAP lies."""
        return f"{self.address}/soap?wsdl={version}"
