"""One external operation, put together: the `OperationHandler` that the engine calls."""

from mockserver.core.conversation import JsonObject
from mockserver.core.errors import Failure
from mockserver.external.answers import Answers
from mockserver.external.bodies import body
from mockserver.external.document import DocumentNode
from mockserver.external.parameters import check_parameters, parameters
from mockserver.external.security import security
from mockserver.openapi.operation import HandlerRequest, HandlerResponse


class ExternalHandler:
    """The handler of one operation of an external document.

    What validates requests is compiled at once, so that mistakes of the document show at start-up; answers are
    prepared on first use. Raises `UnresolvableReference` and `SamplingError` for a document that cannot be read.
    """

    def __init__(self, root: DocumentNode, item: DocumentNode, operation: DocumentNode) -> None:
        self._security = security(root, operation)
        self._parameters = parameters(item, operation)
        self._body = body(operation)
        self._answers = Answers(operation)
        documented = self._answers.responses.keys()
        self.invalid_status = 422 if "422" in documented and "400" not in documented else 400

    def admit(self, request: HandlerRequest, /) -> None:
        """Check the credentials. Raises `Refusal` 401."""
        self._security.admit(request)

    def read(self, request: HandlerRequest, /) -> JsonObject:
        """Return the body if it is an object, else {}. Raises `Refusal` 400, 415 or 422 for an invalid request."""
        check_parameters(self._parameters, request, self.invalid_status)
        value = self._body.read(request, self.invalid_status) if self._body is not None else None
        return value if isinstance(value, dict) else {}

    def answer(self, request: HandlerRequest, /, *seed: object) -> HandlerResponse:
        """Return the default answer. Raises `Refusal` 400, 406 or 501."""
        return self._answers.answer(request, *seed)

    def failed(self, failure: Failure, request: HandlerRequest, /, *seed: object) -> HandlerResponse | None:
        """Return an error in the document's own form, or None if it documents none for that status."""
        return self._answers.failed(failure, request, *seed)
