"""What happens in a run, and when. Pure data."""


class Plan:
    """`joins`: when each viewer joins, ascending; `vanish`: pairs of time and index of a viewer
    whose client is killed then. Times are in seconds from the run's begin, which ends after
    `seconds` (None: when a signal says so)."""

    def __init__(self, joins, seconds=None, assignment="lottery", handoff="deadline", vanish=()):
        self.joins = list(joins)
        self.seconds = seconds
        self.assignment = assignment
        self.handoff = handoff
        self.vanish = sorted(vanish)

    def but(self, **values):
        """The same plan with other `values`."""
        return Plan(**{**vars(self), **values})


def evenly(viewers, over, begin=0.0):
    """Join times of `viewers`, one after the other from `begin` on, all within `over` seconds."""
    return [begin + i * over / viewers for i in range(viewers)]
