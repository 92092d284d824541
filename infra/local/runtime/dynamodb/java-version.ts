/** DynamoDB Local needs Java 17 or newer: said in one line before anything is started. */
import { execFile } from 'node:child_process';

export const JAVA_MINIMUM = 17;

/** The problem with this machine's Java, and its remedy. Null where there is none. */
export async function javaTrouble(): Promise<string | null> {
  const printed = await printedVersion();
  const advice = `DynamoDB Local needs Java ${JAVA_MINIMUM} or newer: install it (for example: apt-get install openjdk-17-jre-headless, brew install openjdk@17)`;
  if (printed === null) return `There is no java on the PATH. ${advice}.`;
  const version = majorVersion(printed);
  return version !== null && version < JAVA_MINIMUM ? `Java ${version} is too old. ${advice}.` : null;
}

/** 17 for `openjdk version "17.0.15"`, 8 for `java version "1.8.0_392"`; null where it cannot be read. */
export function majorVersion(printed: string): number | null {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(printed) ?? [];
  if (first === undefined) return null;
  return Number(first === '1' ? second : first);
}

function printedVersion(): Promise<string | null> {
  return new Promise((resolve) => {
    execFile('java', ['-version'], (error, stdout, stderr) => resolve(error ? null : stdout + stderr));
  });
}
