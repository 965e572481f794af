// Bytes that stand in a page as text.

/** Bytes of base64 text. */
export function fromBase64(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let place = 0; place < raw.length; place += 1) {
    bytes[place] = raw.charCodeAt(place);
  }
  return bytes;
}

/** Whether this browser can unpack what a page carries packed. */
export function canInflate() {
  return typeof DecompressionStream === "function" && typeof Response === "function";
}

/** Bytes that were packed by zlib. */
export async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Whole numbers, seven bits to a byte, the last byte of each below 128 (LEB128). */
export function* wholeNumbers(bytes) {
  let value = 0;
  let weight = 1;
  for (const byte of bytes) {
    value += (byte & 127) * weight;
    weight *= 128;
    if (byte < 128) {
      yield value;
      value = 0;
      weight = 1;
    }
  }
}

/** Rising numbers in single precision, from the steps between their bits in an order that rises with them. */
export function risingNumbers(bytes, count) {
  const bits = new Uint32Array(count);
  let last = 0;
  let place = 0;
  for (const step of wholeNumbers(bytes)) {
    last += step;
    // The sign bit is set for those that are not negative; of the others all bits are turned.
    bits[place] = last >= 2 ** 31 ? last - 2 ** 31 : ~last;
    place += 1;
  }
  return Float64Array.from(new Float32Array(bits.buffer));
}
