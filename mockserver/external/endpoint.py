"""One foreign operation: the guest that the engine asks (see `contract.Guest`)."""

from mockserver.core.conversation import JsonObject
from mockserver.core.errors import Failure
from mockserver.external.answers import Answers
from mockserver.external.bodies import body
from mockserver.external.document import DocumentNode
from mockserver.external.parameters import check_parameters, parameters
from mockserver.external.security import security
from mockserver.openapi.operation import HandlerRequest, HandlerResponse


class ExternalHandler:
    """An operation of a foreign document. What it must read is compiled when it is made; answers when first given.

    Raises `BadReference` and `CannotSample` for a document that cannot be read.
    """

    def __init__(self, root: DocumentNode, item: DocumentNode, operation: DocumentNode) -> None:
        self._security = security(root, operation)
        self._parameters = parameters(item, operation)
        self._body = body(operation)
        self._answers = Answers(operation)
        documented = self._answers.responses.keys()
        self.invalid_status = 422 if "422" in documented and "400" not in documented else 400

    def admit(self, asked: HandlerRequest) -> None:
        """Raises `Refusal` 401."""
        self._security.admit(asked)

    def read(self, asked: HandlerRequest) -> JsonObject:
        """The body, if it is an object. Raises `Refusal` 400, 415 or 422 for what the document does not allow."""
        check_parameters(self._parameters, asked, self.invalid_status)
        found = self._body.read(asked, self.invalid_status) if self._body is not None else None
        return found if isinstance(found, dict) else {}

    def answer(self, asked: HandlerRequest, *seed: object) -> HandlerResponse:
        """The automatic answer. Raises `Refusal`."""
        return self._answers.answer(asked, *seed)

    def failed(self, failure: Failure, asked: HandlerRequest, *seed: object) -> HandlerResponse | None:
        """An error as the document has it."""
        return self._answers.failed(failure, asked, *seed)
