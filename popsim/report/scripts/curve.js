// S-curves drawn by script: how sure each amount is, with marks.

const NAMES = "http://www.w3.org/2000/svg";
const HEIGHT = 260;
/** Height of a line of the key. */
const KEY = 20;
const EDGE = { top: 12, end: 14, bottom: 44, start: 52 };

function element(name, attributes, text = "") {
  const made = document.createElementNS(NAMES, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, String(value));
  }
  made.textContent = text;
  return made;
}

/** Round values that divide an axis into about so many parts. */
export function ticks(low, high, parts) {
  const rough = (high - low) / parts;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, place) => (first + place) * step);
}

/**
 * Draw curves into an element, in place of what is there.
 *
 * @param {HTMLElement} into
 * @param {object} chart curves: lists of points [amount, share] with a class; marks: amount, share and class; low and
 *   high: ends of the axis; labels: amounts, shares (functions), x (title); keys: what the curves are; spoken.
 */
export function draw(into, chart) {
  const width = Math.max(280, into.clientWidth || 640);
  const { low, high, keys = [] } = chart;
  const top = EDGE.top + KEY * keys.length;
  const height = HEIGHT + KEY * keys.length;
  const span = high > low ? high - low : 1;
  const x = (amount) => EDGE.start + ((amount - low) / span) * (width - EDGE.start - EDGE.end);
  const y = (share) => top + (1 - share) * (height - top - EDGE.bottom);
  const svg = element("svg", {
    viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": chart.spoken,
  });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    svg.append(element("line", { x1: x(low), x2: width - EDGE.end, y1: y(share), y2: y(share), class: "grid" }));
    const text = { x: EDGE.start - 8, y: y(share) + 4, "text-anchor": "end" };
    svg.append(element("text", text, chart.labels.shares(share)));
  }
  for (const amount of ticks(low, high, width < 480 ? 4 : 6)) {
    svg.append(element("line", { x1: x(amount), x2: x(amount), y1: y(0), y2: y(0) + 5, class: "tick" }));
    svg.append(element("text", { x: x(amount), y: y(0) + 19, "text-anchor": "middle" }, chart.labels.amounts(amount)));
  }
  const title = { x: (EDGE.start + width - EDGE.end) / 2, y: height - 6, "text-anchor": "middle", class: "title" };
  svg.append(element("text", title, chart.labels.x));
  for (const { points, name } of chart.curves) {
    const inside = points.filter(([amount], place) => {
      const [before, after] = [points[place - 1] ?? points[0], points[place + 1] ?? points.at(-1)];
      return (amount >= low || after[0] >= low) && (amount <= high || before[0] <= high);
    });
    const clamp = (amount) => Math.min(Math.max(amount, low), high);
    const path = inside.map(([amount, share]) => `${x(clamp(amount)).toFixed(1)},${y(share).toFixed(1)}`).join(" ");
    svg.append(element("polyline", { points: path, class: `curve ${name}` }));
  }
  for (const { amount, share, name } of chart.marks) {
    if (amount >= low && amount <= high) {
      const corner = `M${x(low).toFixed(1)} ${y(share).toFixed(1)}H${x(amount).toFixed(1)}V${y(0).toFixed(1)}`;
      svg.append(element("path", { d: corner, class: `mark ${name}` }));
      svg.append(element("circle", { cx: x(amount), cy: y(share), r: 4.5, class: `dot ${name}` }));
    }
  }
  keys.forEach(({ text, name }, place) => {
    const key = element("g", { class: "key" });
    const middle = 8 + KEY * place;
    const [start, end] = [EDGE.start, EDGE.start + 32];
    key.append(element("line", { x1: start, x2: end, y1: middle, y2: middle, class: `curve ${name}` }));
    key.append(element("text", { x: end + 8, y: middle + 4 }, text));
    svg.append(key);
  });
  into.replaceChildren(svg);
}

/** Points of a curve at evenly spaced shares, from a function that gives the amount for a share. */
export function pointsOf(amountFor, count = 160) {
  return Array.from({ length: count + 1 }, (_, place) => [amountFor(place / count), place / count]);
}

/** Draw now and whenever the width changes. */
export function drawAtAnyWidth(into, chartNow) {
  let width = 0;
  const again = () => {
    width = into.clientWidth;
    const chart = chartNow();
    if (chart) {
      draw(into, chart);
    }
  };
  new ResizeObserver(() => {
    if (into.clientWidth !== width) {
      again();
    }
  }).observe(into);
  return again;
}
