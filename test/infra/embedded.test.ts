import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { build, type Plugin } from 'esbuild';
import { getCountryCallingCode } from 'libphonenumber-js/min';
import examples from 'libphonenumber-js/mobile/examples';
import { timezoneAt } from '../../functions/events/timezone.ts';
import { embedded } from '../../infra/embedded.ts';
import { leanPackages } from '../../infra/lean-packages.ts';
import { normalizedPhone } from '../../shared/domain/consumer/phone.ts';
import { folder, removeFolders } from '../support/templates.ts';

interface Answers {
  normalizedPhone: typeof normalizedPhone;
  timezoneAt: typeof timezoneAt;
}

const SOURCE = `
  export { normalizedPhone } from './shared/domain/consumer/phone.ts';
  export { timezoneAt } from './functions/events/timezone.ts';`;

const bundled = async (plugins: Plugin[]) => {
  const outfile = join(folder(), 'index.js');
  const { metafile } = await build({
    stdin: { contents: SOURCE, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    outfile,
    plugins,
    metafile: true,
    logLevel: 'silent',
  });
  const bytes = Object.values(metafile.outputs).reduce((total, output) => total + output.bytes, 0);
  return { outfile, bytes };
};
const asDeployed = () => bundled([embedded(process.cwd()), leanPackages]);

/** A mobile number of every country in national format, and variants that are almost valid. */
const TYPED = Object.entries(examples).flatMap(([country, national]) => {
  const code = getCountryCallingCode(country as keyof typeof examples);
  return [`+${code}${national}`, `+${code} (0) ${national}`, `+${code}${national.slice(2)}`, `+${code}${national}123`];
});
const WRITTEN_OTHERWISE = [
  '+44 (0)7911 123-456',
  ' +1 (202) 555-0143 ',
  'tel:+44-7911-123456',
  '+44 7911 123456 ext. 7',
  '+４４ ７９１１ １２３４５６',
  '+54 9 11 1234-5678',
  '+52 1 55 1234 5678',
  '+39 06 1234 5678',
  '+800 1234 5678',
  '+883 5100 1234 5678',
  '+999123456789',
  '07911 123456',
  '+',
  '',
];

const phonesBy = (by: Answers) =>
  Object.fromEntries(
    [...TYPED, ...WRITTEN_OTHERWISE].map((typed) => {
      try {
        return [typed, by.normalizedPhone(typed)];
      } catch (refusal) {
        return [typed, String(refusal)];
      }
    }),
  );

const timezonesBy = (by: Answers) => {
  const answers: Record<string, string | null> = {};
  for (let latitude = -93; latitude <= 93; latitude += 3) {
    for (let longitude = -183; longitude <= 183; longitude += 3) {
      answers[`${latitude} ${longitude}`] = by.timezoneAt(latitude, longitude);
    }
  }
  return answers;
};

describe('a compressed module', () => {
  let answers: Answers;
  beforeAll(async () => {
    answers = require((await asDeployed()).outfile);
  });
  afterAll(() => {
    jest.restoreAllMocks();
    removeFolders();
  });

  it('is decompressed once, on first use instead of on load', async () => {
    const unpack = jest.spyOn(zlib, 'brotliDecompressSync');
    const { outfile } = await asDeployed();
    const fresh: Answers = require(outfile);
    expect(unpack).toHaveBeenCalledTimes(0);
    for (const phone of ['+447911123456', '+12025550143']) fresh.normalizedPhone(phone);
    expect(unpack).toHaveBeenCalledTimes(1);
    for (const latitude of [48, 49]) fresh.timezoneAt(latitude, 2);
    expect(unpack).toHaveBeenCalledTimes(2);
  });

  it('parses phone numbers like the original', () => {
    const phones = phonesBy({ normalizedPhone, timezoneAt });
    expect(phonesBy(answers)).toEqual(phones);
    expect(phones).toMatchObject({ '+44 (0)7911 123-456': '+447911123456', '+883 5100 1234 5678': '+883510012345678' });
  });

  it('finds timezones like the original', () => {
    const timezones = timezonesBy({ normalizedPhone, timezoneAt });
    expect(timezonesBy(answers)).toEqual(timezones);
    expect(timezones).toMatchObject({ '48 3': 'Europe/Paris', '93 3': null });
  });

  it('is less than half the size', async () => {
    expect((await asDeployed()).bytes).toBeLessThan((await bundled([])).bytes / 2);
  });
});

describe('a package file with one long string literal', () => {
  afterAll(removeFolders);

  it.each([
    ['none', `module.exports = () => 'Etc/GMT';`],
    ['two', `module.exports = ["${'a'.repeat(10_000)}", "${'b'.repeat(10_000)}"];`],
  ])('is refused if it has %s', async (_, source) => {
    const root = folder();
    const path = join(root, 'node_modules/@photostructure/tz-lookup/tz.js');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, source);
    const built = build({ entryPoints: [path], write: false, plugins: [embedded(root)], logLevel: 'silent' });
    await expect(built).rejects.toThrow(/should contain one long string literal/);
  });
});
