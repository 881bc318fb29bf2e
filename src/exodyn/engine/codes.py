"""The numbers by which Python and the compiled code understand each other."""

from __future__ import annotations

from enum import IntEnum

JOB = (
    "next_patient",  # ptr to i64, shared by all threads
    "patients",  # i64
    "parameters",  # f64[patients][parameters]
    "start",  # f64[patients]
    "times",  # f64[points]
    "points",  # i64
    "first_action",  # i64[patients], index into the action tables
    "last_action",  # i64[patients], not included
    "action_time",  # f64[actions]
    "action_kind",  # i64[actions], see Action
    "action_target",  # i64[actions], state or infusion
    "action_value",  # f64[actions]
    "values",  # f64[patients][points][outputs]
    "cause",  # i64[patients], see Cause
    "failure_time",  # f64[patients]
    "steps",  # i64[patients]
    "rejected",  # i64[patients]
    "rtol",  # f64
    "atol",  # f64 or f32[moving states]
    "largest_step",  # f64
    "most_steps",  # i64
    "seed",  # i64
    "number",  # i64[patients]: the number that each patient has in the whole run
    "stop",  # ptr to i64: not zero asks for an early end
    "sensitivities",  # f64[patients][points][outputs][directions]
    "action_value_dot",  # f64[actions][directions]
    "action_time_dot",  # f64[actions][directions]
    "action_moves",  # i64[actions]: whether the instant depends on a parameter
    "tape",  # f64[patients][room][t, end and length of a step, states, infusions]
    "room",  # i64: rows of a patient on the tape
    "recorded",  # i64[patients]: rows that a patient needs
    "weights",  # f64[patients][points][outputs]
    "gradients",  # f64[patients][directions]
)
"""The words of a job: 8 bytes each, numbers and pointers."""

INTEGERS = frozenset({"patients", "points", "most_steps", "seed", "room"})
FLOATS = frozenset({"rtol", "largest_step"})


class Action(IntEnum):
    """What a schedule can do to a patient at an instant."""

    ADD = 0
    SET_INFUSION = 1
    RESET = 2
    RESET_ALL = 3


class Cause(IntEnum):
    """Why a patient could not be integrated to the end."""

    NONE = 0
    NOT_FINITE = 1
    STEP_TOO_SMALL = 2
    TOO_MANY_STEPS = 3
    EVENT_CASCADE = 4
    TOO_MANY_WAITING = 5
    BAD_DELAY = 6


class Phase(IntEnum):
    """What a lane is doing."""

    RUNNING = 0
    AT_STOP = 1
    IDLE = 2


WAITING_EVENTS = 256
"""Executions of delayed events that one patient can have outstanding."""
EXECUTIONS_AT_ONE_INSTANT = 10_000
"""More than this is an endless cascade."""
