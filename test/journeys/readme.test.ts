/** What the README tells newcomers to type, typed. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { servedForAll } from '../support/served-stack.ts';

const stack = servedForAll();

/** The lines of a chapter’s blocks. `npm` commands are other tests' affair. */
const commandsOf = (chapter: string): string[] => {
  const text = readFileSync('README.md', 'utf8').split(`\n## ${chapter}\n`)[1]?.split('\n## ')[0] ?? '';
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  const lines = blocks.join('').replaceAll('\\\n', ' ').split('\n');
  return lines.filter((line) => !/^(URL=|npm |\s*#|\s*$)/.test(line));
};

const typed = async (script: string): Promise<string> => {
  const { stdout } = await promisify(execFile)('bash', ['-eu', '-c', script], { env: process.env });
  return stdout;
};

describe('the first requests of the README', () => {
  it('are answered one after the other as it says', async () => {
    const commands = commandsOf('First requests');
    const settle = 'curl -s -X POST "$URL/_local/settle"';
    // Whatever a command leads to is done before the next: nobody types so fast.
    const script = commands.flatMap((line) => (/^(get|curl|[A-Z]+=)/.test(line) ? [settle, line] : [line]));
    const said = await typed(`URL=${stack.url}\n${script.join('\n')}`);
    expect(said).not.toMatch(/"code":|"errors":|usage/);
    for (const expected of [
      '"fullName":"Ada Example"',
      '"status":"created"',
      '"ruleId":"orders"',
      '"segmentId":"big-spenders"',
      '"allowed":',
      '"keyword":"STOP"',
      '"downloadUrl":"http',
      '"itemsRemoved":{',
    ])
      expect(said).toContain(expected);
  }, 120_000);
});
