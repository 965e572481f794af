"""A sum of three uncertain costs, with and without correlation: the range is what changes, not the mean."""

import popsim as ps

costs = {
    "staff": ps.LogNormal.from_quantiles(p05=80_000, p95=240_000),
    "equipment": ps.Triangular(50_000, 90_000, 300_000),
    "training": ps.Pert(20_000, 40_000, 120_000),
}
for correlation in (None, 0.5, 0.9):
    sample = ps.sample(costs, scenarios=200_000, seed=1, correlation=correlation)
    total = sample["staff"] + sample["equipment"] + sample["training"]
    low, high = total.quantile([0.05, 0.95]).values
    mean = float(total.mean())
    print(f"correlation {correlation or 0:3.1f}: mean {mean:9,.0f}, 90 % interval {low:9,.0f} to {high:9,.0f}")
