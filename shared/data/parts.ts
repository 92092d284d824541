/** Content in the parts of an upload: so much of it is held at a time, however much there is. */

/** S3 takes no smaller part but the last, and 10,000 of them: 49 GB. */
export const PART_BYTES = 5 * 1024 * 1024;

/** At least one part, of `size` bytes each but the last. A part is good only until the next one is asked for. */
export async function* inParts(content: AsyncIterable<Uint8Array>, size = PART_BYTES): AsyncGenerator<Uint8Array> {
  const part = Buffer.allocUnsafe(size);
  let [filled, parts] = [0, 0];
  for await (const chunk of content) {
    for (let from = 0; from < chunk.length; ) {
      const taken = chunk.subarray(from, from + size - filled);
      part.set(taken, filled);
      from += taken.length;
      filled += taken.length;
      if (filled < size) continue;
      yield part;
      [filled, parts] = [0, parts + 1];
    }
  }
  if (filled > 0 || parts === 0) yield part.subarray(0, filled);
}
