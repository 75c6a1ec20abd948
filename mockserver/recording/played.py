"""What the mock itself answers, as a recorded exchange: so that both sides of a comparison are read alike."""

from itertools import accumulate

from mockserver.core.actions import Actions, Close, Data, Head, Reset, Wait
from mockserver.engine.request import Request
from mockserver.recording.exchange import Ended, Frame, RecordedExchange


def played(request: Request, actions: Actions) -> RecordedExchange:
    """Return a request with the answer that these actions give it, at the times that they say."""
    head = next((action for action in actions if isinstance(action, Head)), Head(0))
    moments = accumulate([action.seconds if isinstance(action, Wait) else 0.0 for action in actions])
    frames = [
        Frame(at, action.payload) for at, action in zip(moments, actions, strict=True) if isinstance(action, Data)
    ]
    return RecordedExchange(
        method=request.method,
        path=request.path,
        query=request.query,
        headers=request.headers,
        body=request.body,
        status=head.status,
        response_headers=dict(head.headers),
        first=frames[0].at if frames else 0.0,
        frames=tuple(frames),
        ended=_ended(actions),
    )


def _ended(actions: Actions) -> Ended:
    last = actions[-1] if actions else None
    return "reset" if isinstance(last, Reset) else "closed" if isinstance(last, Close) else "complete"
