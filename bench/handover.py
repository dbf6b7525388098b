"""Which facts reach whoever takes a ticket over: `python bench/handover.py [--data DIR]`.

Plays the open week and dialogues of two data sets with the real agents and models, in memory, and
prints how many of the facts that the customers gave are in the packets, with 95% intervals. See
`training/figures_handover.py` for what is counted. Needs the evaluation data, which is not part of
the project; says so where it is missing.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.linking import arguments, there  # noqa: E402  # after the path is set
from streams.knowledge import KnowledgeHistory  # noqa: E402  # after the path is set
from streams.understanding import tiers  # noqa: E402  # after the path is set
from training.figures import printed  # noqa: E402  # after the path is set
from training.figures_handover import DIALOGUES, figures  # noqa: E402  # after the path is set


def main() -> None:
    """Print the figures."""
    parser = arguments(__doc__)
    parser.add_argument("--tier", choices=("encoder", "light"), default="encoder")
    parser.add_argument("--dialogues", type=int, default=DIALOGUES, help="of each data set")
    chosen = parser.parse_args()
    if not there(chosen.data):
        return
    models = KnowledgeHistory(tiers.load(chosen.tier)).at(0.0)
    printed(figures(chosen.data, models, chosen.dialogues))


if __name__ == "__main__":
    main()
