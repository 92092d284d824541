/** Types the README's tour from top to bottom, as a newcomer would, and compares each answer with the page. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { servedForAll } from '../support/served-stack.ts';

const stack = servedForAll();

/** Commands up to an answer that the page shows. In the shown answer, `…` matches any text. */
interface Step {
  commands: string;
  shown: string;
}

const tour = (): Step[] => {
  const chapter = readFileSync('README.md', 'utf8').split('\n## Tour\n')[1]?.split('\n## ')[0] ?? '';
  const script = [...chapter.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block).join('');
  const parts = script.replace(/^URL=.*\n/m, '').split(/^# → (.*)\n/m);
  return parts.flatMap((shown, at) => (at % 2 === 1 ? [{ commands: parts[at - 1] ?? '', shown }] : []));
};

const patternOf = (shown: string): RegExp =>
  new RegExp(
    `^${shown
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}`,
  );

const SEPARATOR = '-- end of step --';

/** The last line that each step prints. */
const typed = async (steps: readonly Step[]): Promise<string[]> => {
  const script = steps.map(({ commands }) => `${commands}\necho '${SEPARATOR}'`).join('\n');
  const { stdout } = await promisify(execFile)('bash', ['-eu', '-c', `URL=${stack.url}\n${script}`]);
  return stdout.split(`${SEPARATOR}\n`).map((printed) => printed.trim().split('\n').at(-1) ?? '');
};

describe('the tour of the README', () => {
  it('shows at each step what a newcomer sees', async () => {
    const steps = tour();
    expect(steps.length).toBeGreaterThan(12);
    const answers = await typed(steps);
    for (const [at, { shown }] of steps.entries()) expect(answers[at]).toMatch(patternOf(shown));
  }, 120_000);
});
