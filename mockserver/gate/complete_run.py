"""A complete run: the runner, then what the baseline and `--require` say about its results."""

import datetime
from collections.abc import Callable
from pathlib import Path

from mockserver.core.errors import OperatorError
from mockserver.gate import baseline, previous_run
from mockserver.gate.options import GateOptions
from mockserver.gate.output_file import write_file
from mockserver.gate.runner import GateRun, Runner, RunSettings


def run_gate(
    options: GateOptions, run: Callable[[RunSettings], GateRun] = lambda settings: Runner(settings).run()
) -> GateRun:
    """Return a finished run with its complaints. Raises `OperatorError` for options that contradict each other.

    Every mistake in an option or in the baseline is found before the first request. `run` makes the run itself.
    """
    needed = options.required_coverage
    file = Path(options.baseline) if options.baseline else None
    if options.write_baseline and file is None:
        raise OperatorError("--write-baseline needs --baseline FILE")
    is_new = file is not None and options.write_baseline and not file.exists()
    accepted = baseline.read(file) if file is not None and not is_new else []
    previous = previous_run.read(Path(options.previous)) if options.previous else None
    done = run(options.settings())
    done.trend = previous_run.trend(previous, done.results) if previous is not None else None
    today = datetime.datetime.now(tz=datetime.UTC).date()
    if options.write_baseline and file is not None:
        write_file(file, baseline.write(done.results, accepted, today).encode())
    else:
        news = baseline.apply(done.results, accepted, today)
        done.complaints += [f"Baseline: {line}" for line in news.complaints]
        done.notes += [f"Baseline: {line}" for line in news.notes]
    coverage = done.results.coverage
    if coverage < needed:
        done.gaps.append(f"Coverage is {coverage:.1f} %; {needed:g} % are required.")
    elif not coverage:
        done.gaps.append("Nothing was examined, so the run says nothing about the target.")
    return done
