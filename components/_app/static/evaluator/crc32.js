// The checksum CRC-32 of bytes, by which words of texts are known.

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

// Returns the checksum of bytes that follow others, of which the checksum is known.
export function computeCrc32(bytes, before = 0) {
  let rest = ~before;
  for (const byte of bytes) rest = (rest >>> 8) ^ TABLE[(rest ^ byte) & 0xff];
  return ~rest >>> 0;
}
