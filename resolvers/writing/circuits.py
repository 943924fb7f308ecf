"""Mutations of circuits: an operator sets one, and a gateway claims the trial of one."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple

from db.tables import ProviderBinding
from db.writes import circuits
from domain import rules
from domain.circuits import HELD_MAX
from domain.problems import Invalid, Problem
from domain.traffic_enums import CircuitState
from resolvers import references
from resolvers.arguments import IDEMPOTENCY_KEY, describe, input_type, optional, required
from resolvers.context import Info
from resolvers.reference_inputs import BindingRef
from resolvers.writing.transaction import refuse_if_any, write


@input_type("A state of a circuit that an operator sets.")
class SetCircuitInput:
    binding: BindingRef = required("The binding.")
    state: CircuitState = required(
        "OPEN or CLOSED; HALF_OPEN cannot be set, as it follows when an OPEN circuit ends."
    )
    until: datetime | None = optional(
        "Until when calls do not change the state, at most"
        f" {HELD_MAX.days} days ahead. Null: OPEN until an operator closes it, or CLOSED now, so"
        " that failing calls can open it at once."
    )
    reason: str = required(
        f"Why, in up to {rules.CIRCUIT_REASON_LENGTH_MAX:,} characters; not blank, and no secret."
    )
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY)


@input_type("A binding whose HALF_OPEN circuit a gateway wants to try.")
class ClaimTrialInput:
    binding: BindingRef = required("The binding.")
    idempotency_key: str | None = optional(IDEMPOTENCY_KEY + " So take a new key for each trial.")


class ClaimedTrial(NamedTuple):
    """The binding, whether the caller may call it, and until when a trial is claimed."""

    binding: ProviderBinding
    claimed: bool
    until: datetime


async def set_circuit(
    info: Info, input: Annotated[SetCircuitInput, describe("The state, and why.")]
) -> ProviderBinding:
    """Open or close the circuit of a binding by hand; calls do not change it before `until`.

    After `until` an OPEN circuit is HALF_OPEN, and a CLOSED one opens when calls fail. It replaces
    what was set before, and ends a trial.
    """
    refuse_if_any(input, _problems(input))

    async def set_of_binding(session: Any) -> ProviderBinding:
        circuit = await circuits.lock(session, await references.binding_key(session, input.binding))
        await circuits.set_by_operator(session, circuit, input.state, input.until, input.reason)
        return circuit.binding

    return await write(info, input, set_of_binding)


async def claim_trial(
    info: Info, input: Annotated[ClaimTrialInput, describe("The binding.")]
) -> ClaimedTrial:
    """Claim the trial call of a HALF_OPEN circuit before calling; one caller at a time gets it.

    The trial ends with the first reported outcome, or after 30 seconds. INVALID_STATE when the
    circuit is CLOSED or OPEN.
    """
    refuse_if_any(input)

    async def claim(session: Any) -> tuple[ProviderBinding, bool, str]:
        circuit = await circuits.lock(session, await references.binding_key(session, input.binding))
        trial = await circuits.claim_trial(session, circuit)
        return circuit.binding, trial.claimed, trial.until.isoformat()

    binding, claimed, until = await write(info, input, claim)
    return ClaimedTrial(binding, claimed, datetime.fromisoformat(until))


def _problems(input: SetCircuitInput) -> list[Problem]:
    problems: list[Problem] = [
        *rules.breaches({"reason": input.reason}, {"reason": rules.circuit_reason})
    ]
    if input.state is CircuitState.HALF_OPEN:
        message = "state must be OPEN or CLOSED: an OPEN circuit is HALF_OPEN when its time is over"
        problems.append(Invalid(message, ("state",)))
    return problems
