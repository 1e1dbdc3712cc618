"""Draw schedules before training with them: python examples/learning_rates.py rates.svg."""

import sys

from octavo.optimizers import PiecewiseLinear, warmup_stable_decay
from octavo.report.learning_rates import plot_learning_rates

RATE, UPDATES = 1e-3, 10_000

plot_learning_rates(
    {
        "warm-up, linear decay": warmup_stable_decay(RATE, 1_000, stable=0, decay=9_000),
        "warm-up, stable, decay": warmup_stable_decay(RATE, 1_000, stable=6_000, decay=3_000),
        "warm-up to a tenth": PiecewiseLinear(RATE, {1_000: 1.0, 5_000: 0.1}),
        "two peaks": PiecewiseLinear(RATE, {500: 1, 4_000: 0.2, 4_500: 0.8, 9_000: 0.05}),
    },
    UPDATES,
    sys.argv[1] if len(sys.argv) > 1 else "learning-rates.svg",
)
