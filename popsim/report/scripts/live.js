// Starts the parts of the page that compute, where the page carries what they need.

import { canInflate, fromBase64, inflate } from "./bytes.js";
import { Composer } from "./composer.js";
import { readLevels } from "./levels.js";
import { Numbers } from "./numbers.js";
import { Sample } from "./sample.js";
import { Slider } from "./slider.js";

async function startLive(section, held) {
  const live = JSON.parse(held.textContent);
  const numbers = new Numbers(live.signs);
  const tables = live.tables.map(readLevels);
  const levels = live.levels.map((place) => tables[place]);
  section.hidden = false;
  document.querySelectorAll("[data-live]").forEach((link) => {
    link.hidden = false;
  });
  new Slider(section.querySelector("#slider"), live, levels, numbers);
  const form = section.querySelector("#composer");
  if (!form) {
    return;
  }
  if (!canInflate()) {
    form.querySelector(".wrong").textContent = live.words.too_old;
    form.querySelectorAll("input, select, button").forEach((control) => {
      control.disabled = true;
    });
    return;
  }
  const sample = new Sample(live.sample, await inflate(fromBase64(live.sample.packed)));
  new Composer(form, live, levels, numbers, sample);
}

const section = document.querySelector("#live");
const held = document.querySelector("#live-data");
if (section && held) {
  startLive(section, held);
}
