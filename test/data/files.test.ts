import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newUlid } from '../../shared/data/ids.ts';
import { memoryFiles } from '../../shared/data/memory-files.ts';
import { inParts, PART_BYTES } from '../../shared/data/parts.ts';
import { s3Files } from '../../shared/data/s3-files.ts';
import type { ExportFile, Files } from '../../shared/usecases/ports/files.ts';
import { NOW } from '../support/events.ts';
import { localS3 } from '../support/local-files.ts';

interface World {
  files: Files;
  /** Null where it is not there. */
  read(file: ExportFile): Promise<Buffer | null>;
}
let s3: Awaited<ReturnType<typeof localS3>>;
beforeAll(async () => {
  s3 = await localS3();
});
afterAll(() => s3.stop());

const memory = memoryFiles();
const WORLDS: Record<string, () => World> = {
  memory: () => ({
    files: memory,
    read: async (file) => {
      const content = memory.contentOf(file);
      return content ? Buffer.from(content) : null;
    },
  }),
  S3: () => {
    const files = s3Files(s3.place);
    const read = async (file: ExportFile) => {
      const response = await fetch(await files.link(file, s3.clock.now()));
      return response.ok ? Buffer.from(await response.arrayBuffer()) : null;
    };
    return { files, read };
  },
};

async function* of(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
const aFile = (format: ExportFile['format'] = 'json'): ExportFile => ({ exportId: newUlid(NOW), format });

describe.each(Object.keys(WORLDS))('files in %s', (name) => {
  let world: World;
  beforeAll(() => {
    world = (WORLDS[name] as () => World)();
  });

  it.each(['json', 'csv'] as const)('keep %s as it was written', async (format) => {
    const file = aFile(format);
    await world.files.write(file, of('one, ', 'two, ', 'zwölf'));
    expect((await world.read(file))?.toString()).toBe('one, two, zwölf');
    expect(await world.files.has(file.exportId)).toBe(true);
  });

  it('keep one of several parts whole', async () => {
    const file = aFile();
    const chunks = Array.from({ length: 9 }, (_, n) => Buffer.alloc(1_300_000 + n, `${n}`));
    await world.files.write(file, of(...chunks));
    expect((await world.read(file))?.equals(Buffer.concat(chunks))).toBe(true);
  });

  it('keep one in which there is nothing', async () => {
    const file = aFile();
    await world.files.write(file, of());
    expect(await world.read(file)).toEqual(Buffer.alloc(0));
  });

  it('are replaced by who writes again', async () => {
    const file = aFile();
    await world.files.write(file, of('first'));
    await world.files.write(file, of('second'));
    expect((await world.read(file))?.toString()).toBe('second');
  });

  it('stay as they were where new content fails', async () => {
    const [file, none] = [aFile(), aFile()];
    const failing = async function* () {
      yield Buffer.from('half');
      throw new Error('no more');
    };
    await world.files.write(file, of('before'));
    await expect(world.files.write(file, failing())).rejects.toThrow('no more');
    await expect(world.files.write(none, failing())).rejects.toThrow('no more');
    expect((await world.read(file))?.toString()).toBe('before');
    expect([await world.read(none), await world.files.has(none.exportId)]).toEqual([null, false]);
  });

  it('are gone once they are removed, in whatever form, and others stay', async () => {
    const [file, other] = [aFile(), aFile()];
    await world.files.write(file, of('a'));
    await world.files.write({ ...file, format: 'csv' }, of('b'));
    await world.files.write(other, of('c'));
    await world.files.remove(file.exportId);
    expect([await world.read(file), await world.files.has(file.exportId)]).toEqual([null, false]);
    expect((await world.read(other))?.toString()).toBe('c');
    await world.files.remove(file.exportId);
  });

  it('do not come back where they are removed while they are written', async () => {
    const file = aFile();
    const removedMeanwhile = async function* () {
      yield Buffer.alloc(PART_BYTES + 1);
      expect(await world.files.has(file.exportId)).toBe(true);
      await world.files.remove(file.exportId);
      yield Buffer.from('more');
    };
    await expect(world.files.write(file, removedMeanwhile())).rejects.toThrow();
    expect([await world.read(file), await world.files.has(file.exportId)]).toEqual([null, false]);
  });

  it('ask for content only once a removal would notice', async () => {
    const file = aFile();
    let noticed: boolean | undefined;
    const asked = async function* () {
      noticed = await world.files.has(file.exportId);
      yield Buffer.from('x');
    };
    await world.files.write(file, asked());
    expect(noticed).toBe(true);
  });

  it('may be written by two at the same time: one of them is there, whole', async () => {
    const file = aFile();
    await Promise.all(['a', 'b'].map((letter) => world.files.write(file, of(Buffer.alloc(PART_BYTES + 5, letter)))));
    const kept = (await world.read(file))?.toString() ?? '';
    expect(['a', 'b'].map((letter) => kept === letter.repeat(PART_BYTES + 5))).toContain(true);
  });
});

describe('parts', () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 });

  it('are the content, each of the size but the last', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 17 }), async (content, size) => {
        const parts: Buffer[] = [];
        for await (const part of inParts(of(...content), size)) parts.push(Buffer.from(part));
        expect(Buffer.concat(parts)).toEqual(Buffer.concat(content));
        expect(parts.length).toBeGreaterThan(0);
        for (const part of parts.slice(0, -1)) expect(part).toHaveLength(size);
      }),
    );
  });

  it('hold no more than one of them and what is just coming in, however much there is', async () => {
    const [CHUNK, SIZE] = [1_000, 10_000];
    let [made, handed, mostHeld] = [0, 0, 0];
    const much = async function* () {
      for (let n = 0; n < 5_000; n += 1) {
        made += CHUNK;
        mostHeld = Math.max(mostHeld, made - handed);
        yield Buffer.alloc(CHUNK);
      }
    };
    for await (const part of inParts(much(), SIZE)) handed += part.length;
    expect([handed, mostHeld <= SIZE + CHUNK]).toEqual([5_000_000, true]);
  });
});
