// A package as the end of an address, so that it can be sent: #package&option=full&areas=a,b&years=2027-2031

const START = "#package";

/**
 * The end of an address for a package; what is all there is goes without saying.
 *
 * @param {object} chosen option, total (ids), areas, groups (lists of ids), years (first and last).
 * @param {object} known The same of everything that can be chosen: options, totals, areas, groups, years.
 */
export function toFragment(chosen, known) {
  const parts = [START];
  const add = (name, values) => parts.push(`${name}=${values.map(encodeURIComponent).join(",")}`);
  add("option", [chosen.option]);
  add("total", [chosen.total]);
  for (const name of ["areas", "groups"]) {
    if (chosen[name].length < known[name].length) {
      add(name, chosen[name]);
    }
  }
  const [first, last] = chosen.years;
  if (first !== known.years[0] || last !== known.years.at(-1)) {
    parts.push(`years=${first}-${last}`);
  }
  return parts.join("&");
}

/**
 * The package at the end of an address; null where there is none.
 *
 * A link that names no total means `known.total`. `unknown` lists what the page does not have, which is left out.
 */
export function fromFragment(fragment, known) {
  const [start, ...parts] = fragment.split("&");
  if (start !== START) {
    return null;
  }
  const unknown = [];
  const read = new Map();
  for (const part of parts) {
    const [name, values = ""] = part.split("=");
    read.set(name, values.split(",").filter(Boolean).map(decoded));
  }
  const chosen = (name, allowed) =>
    (read.get(name) ?? []).filter((id) => allowed.includes(id) || !unknown.push(id));
  const several = (name) => (read.has(name) ? chosen(name, known[name]) : [...known[name]]);
  return {
    option: chosen("option", known.options)[0] ?? known.options[0],
    total: chosen("total", known.totals)[0] ?? known.total,
    areas: several("areas"),
    groups: several("groups"),
    years: yearsOf(read.get("years")?.[0], known.years, unknown),
    unknown,
  };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function yearsOf(text, known, unknown) {
  const all = [known[0], known.at(-1)];
  if (text === undefined || !known.length) {
    return all;
  }
  const found = /^(-?\d+)-(-?\d+)$/.exec(text);
  const [first, last] = found ? [Number(found[1]), Number(found[2])] : all;
  if (!found || !known.includes(first) || !known.includes(last) || first > last) {
    unknown.push(text);
    return all;
  }
  return [first, last];
}
