// Sentences that the page hands over, with values to be put in.

/** Put values into a sentence: %(name)s stands for one, %% for a sign of per cent. */
export function filled(sentence, values = {}) {
  return sentence.replace(/%\((\w+)\)s|%%/g, (found, name) => (name ? String(values[name]) : "%"));
}
