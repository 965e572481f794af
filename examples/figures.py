"""Eight figures of the packaged study on one sheet."""

import tempfile
from pathlib import Path

from matplotlib.figure import Figure

import popsim as ps

study = ps.load_study("pops")
ds = ps.simulate(study, scenarios=5_000, breakdowns=["area", "year", "region"])
drivers = ps.drivers(study, scenarios=1_024, only=["cost"])

sheet = Figure(figsize=(15, 21), layout="constrained")
rows = sheet.subplots(4, 2, height_ratios=[10, 10, 14, 9])
ps.plot.s_curve(ds, variable=["financing_need", "cost"], ax=rows[0][0])
ps.plot.intervals(ds, log=True, ax=rows[0][1])
ps.plot.fan(ds, ax=rows[1][0])
ps.plot.fan(ds, cumulative=True, ax=rows[1][1])
ps.plot.tornado(drivers, ax=rows[2][0])
ps.plot.difference(ds, variable="cost_all_years", ax=rows[2][1])
ps.plot.groups(ds, ax=rows[3][0])
ps.plot.convergence(ds, ax=rows[3][1])

file = Path(tempfile.gettempdir()) / "popsim-figures.png"
sheet.savefig(file, dpi=70)
print(f"Written: {file}")
