"""The range of the packaged study, by area, and how sure two budgets are to be enough."""

import popsim as ps

ds = ps.simulate(ps.load_study("pops"), scenarios=10_000, breakdowns=["area"])
summary = ps.summarise(ds, coverage=0.90)

low, high = summary["cost_quantile"].sel(option="full", quantile=[0.05, 0.95]).values / 1e6
print(f"Total: US$ {low:,.0f} to {high:,.0f} million (90 % interval)")
for area in ds["area"].values:
    low, high = summary["cost_by_area_quantile"].sel(option="full", area=area, quantile=[0.05, 0.95]).values / 1e6
    name = ds["area_name"].sel(area=area).item()
    print(f"  {name:28} {low:6,.0f} to {high:6,.0f}")

for amount in (2e9, 3e9):
    answer = ps.budget(ds, amount=amount).sel(option="full")
    print(f"US$ {amount / 1e6:,.0f} million is enough in {float(answer['sufficient']):.0%} of the scenarios")
