import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { rowsOf } from '../infra/catalogues.ts';
import { catalogues } from './support/templates.ts';

/** Files of the project that git tracks or would add, so that build output and dependencies are excluded. */
const files = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .stdout.split('\n')
  .filter((file) => file !== '' && existsSync(file));
const textOf = (file: string): string => readFileSync(file, 'utf8');
/** Code without comments, which may mention forbidden calls. */
const codeOf = (file: string): string => textOf(file).replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '');

describe('the catalogues', () => {
  const rows = rowsOf(catalogues);

  it.each(rows.map(({ kind, name, file }) => [kind, name, file]))('the %s %s has a handler', (_kind, _name, file) => {
    expect(codeOf(join('functions', file))).toMatch(/export const makeHandler\b/);
  });

  it('have a row for every handler', () => {
    const handlers = files.filter(
      (file) => /^functions\/[^/]+\/.+\.ts$/.test(file) && /\bmakeHandler\b/.test(codeOf(file)),
    );
    const named = new Set(rows.map(({ file }) => `functions/${file}`));
    expect(handlers.filter((file) => !named.has(file))).toEqual([]);
  });

  it('name every folder of functions/ as a capability', () => {
    const folders = readdirSync('functions', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const capabilities = new Set([...rows.map(({ capability }) => capability), ...Object.keys(catalogues.api)]);
    expect(folders.map(({ name }) => name).filter((name) => !capabilities.has(name))).toEqual([]);
  });
});

describe('the layers', () => {
  it('import only what they may', () => {
    const { stdout } = spawnSync(
      'node_modules/.bin/depcruise',
      ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'shared', 'functions', 'infra'],
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    const { summary } = JSON.parse(stdout) as {
      summary: { totalCruised: number; violations: { from: string; to: string; rule: { name: string } }[] };
    };
    expect(summary.totalCruised).toBeGreaterThan(50);
    expect(summary.violations.map(({ from, to, rule }) => `${from} imports ${to}, but ${rule.name}`)).toEqual([]);
  });

  const CLOCK: [string, RegExp] = ['reads the clock', /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\)|performance\.now/];
  const CHANCE: [string, RegExp] = [
    'uses randomness',
    /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b/,
  ];
  const SURROUNDINGS: [string, RegExp] = ['reads the environment', /\bprocess\./];
  const BANNED: [string, RegExp, [string, RegExp][]][] = [
    ['shared/domain', /^shared\/domain\//, [CLOCK, CHANCE, SURROUNDINGS]],
    ['shared/usecases', /^shared\/usecases\//, [CLOCK, CHANCE, SURROUNDINGS]],
    ['shared/edge', /^shared\/edge\/(?!env|log)/, [CLOCK, CHANCE, SURROUNDINGS]],
    ['a handler', /^functions\/[^/]+\/(?!live\.ts)/, [CLOCK, CHANCE, SURROUNDINGS]],
    ['shared/data', /^shared\/data\//, [CLOCK, SURROUNDINGS]],
  ];

  it.each(
    BANNED.flatMap(([layer, pattern, calls]) => calls.map(([what, call]) => [layer, what, pattern, call] as const)),
  )('%s never %s', (_layer, _what, pattern, call) => {
    const own = files.filter((file) => pattern.test(file) && file.endsWith('.ts'));
    expect(own.filter((file) => call.test(codeOf(file)))).toEqual([]);
  });

  it('import zod/mini instead of zod', () => {
    const zod = /from 'zod(?!\/mini')/;
    expect(files.filter((file) => /^(shared|functions)\/.+\.ts$/.test(file) && zod.test(codeOf(file)))).toEqual([]);
  });
});

describe('the project files', () => {
  const pages = files.filter((file) => file.endsWith('.md'));

  it('mention only existing npm commands in pages', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const known = new Set([...Object.keys(scripts), 'ci', 'install']);
    const named = pages.flatMap((page) =>
      [...commandsIn(textOf(page)).matchAll(/\bnpm (?:run )?([a-z][a-z:-]*)/g)].map(([, script]) => ({ page, script })),
    );
    expect(named.filter(({ script }) => !known.has(script ?? ''))).toEqual([]);
  });

  it('run only existing files in npm scripts', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const run = Object.values(scripts).flatMap((script) =>
      [...script.matchAll(/\bnode (\S+\.ts)/g)].map(([, file]) => file),
    );
    expect(run.filter((file) => !existsSync(file ?? ''))).toEqual([]);
  });

  it('link only to existing files in pages', () => {
    const links = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target = '']) =>
        join(dirname(page), target),
      ),
    );
    expect(links.filter((target) => !existsSync(target))).toEqual([]);
  });

  it('contain no path of a particular machine', () => {
    const machine = new RegExp(['/home/[a-z]', '/Users/[A-Za-z]', '/work/', '/root/'].join('|'));
    const own = 'test/architecture.test.ts';
    expect(files.filter((file) => file !== own && isText(file) && machine.test(textOf(file)))).toEqual([]);
  });

  it('name no registry in the lockfile and the npm settings', () => {
    expect(textOf('package-lock.json')).not.toContain('"resolved"');
    expect(existsSync('.npmrc') ? textOf('.npmrc') : '').not.toMatch(/registry\s*=|_auth/i);
  });
});

function commandsIn(page: string): string {
  return (page.match(/```[\s\S]*?```|`[^`\n]+`/g) ?? []).join('\n');
}

function isText(file: string): boolean {
  return /\.(ts|md|json|cjs|mjs|ya?ml|html|css|sh)$|^\.[a-z]+|^\.ci\//.test(file);
}
