"""Opens the contract of a run. A mistake in the document is one sentence that says what to do."""

from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

from yaml import YAMLError

from mockserver.contracts.document import ContractDocument, UnusableDocument
from mockserver.core.errors import OperatorError


def open_contract(
    file: Path, url: str, keys: Collection[str] = (), *, documented_only: bool = False
) -> ContractDocument:
    """Return the contract in a file. If the URL has the path of its server already, the operations do without it.

    `keys` are the security schemes for which the operator has a credential. Raises `OperatorError`.
    """
    document = _opened(file, url, documented_only=documented_only)
    for name in set(keys) - set(document.security_schemes):
        known = ", ".join(document.security_schemes) or "none"
        raise OperatorError(f"--credential {name}=…: {file} has no such security scheme; it has {known}")
    return document


def _opened(file: Path, url: str, *, documented_only: bool) -> ContractDocument:
    try:
        document = ContractDocument.open(file, documented_only=documented_only)
    except UnusableDocument as error:
        reason = str(error)
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        reason = " ".join(str(error).split())
    except (LookupError, TypeError, AttributeError, ValueError):
        reason = "it is no valid OpenAPI document; mockserver lint --contract FILE names each mistake"
    else:
        is_mounted = bool(document.base) and urlsplit(url).path.rstrip("/").endswith(document.base)
        is_ours = document.scope != "document"
        return document if is_ours or not is_mounted else ContractDocument.open(file, mounted=True)
    raise OperatorError(f"{file} cannot be used as the contract: {reason}")
