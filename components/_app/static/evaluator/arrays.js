// Arrays and texts from what the page holds: base64 of what gzip packed.

const TYPES = {
  float32: Float32Array,
  float64: Float64Array,
  int16: Int16Array,
  int32: Int32Array,
};

// Returns {shape, values} of an array {dtype, shape, data}.
export async function readArray({ dtype, shape, data }) {
  const bytes = await unpack(data);
  return { shape, values: new TYPES[dtype](bytes) };
}

export async function readText(data) {
  return new TextDecoder().decode(await unpack(data));
}

async function unpack(data) {
  const packed = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
