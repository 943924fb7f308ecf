"""The supervisor of several workers: SIGHUP replaces them, also on a machine that is busy."""

from uvicorn.supervisors import Multiprocess

READY_S = 30  # for a new worker to serve; then the old ones go on, and a log line says so


def be_patient(supervisor: Multiprocess) -> None:
    """Let a new worker take this long to start.

    uvicorn gives it as long as a frozen worker gets to answer, 5 s, and then keeps the old ones: on
    a busy machine SIGHUP did nothing.
    """
    config, restart_all = supervisor.config, supervisor.restart_all

    def patiently() -> None:
        answer_s, config.timeout_worker_healthcheck = config.timeout_worker_healthcheck, READY_S
        try:
            restart_all()
        finally:
            config.timeout_worker_healthcheck = answer_s

    supervisor.restart_all = patiently  # type: ignore[method-assign]  # handle_hup() calls it
