/** Secrets Manager's part in a deployment: values that are generated once, and put where a template asks for them. */
import { randomBytes } from 'node:crypto';
import { readJson, writeJson } from './files.ts';

/** Puts the secrets into texts that refer to them. */
export type Reveal = (text: string) => string;

const REFERENCE = /\{\{resolve:secretsmanager:(arn:[^}]+?):SecretString:::?\}\}/g;
const BYTES = 48;

/** Kept in the file, so that they are the same for ever; null keeps them as long as the stack runs. */
export function createSecrets(file: string | null): Reveal {
  const known = (file === null ? undefined : readJson(file)) as Record<string, string> | undefined;
  const secrets = new Map(Object.entries(known ?? {}));
  const secretAt = (arn: string): string => {
    const value = secrets.get(arn) ?? randomBytes(BYTES).toString('base64url');
    if (!secrets.has(arn)) {
      secrets.set(arn, value);
      if (file !== null) writeJson(file, Object.fromEntries(secrets));
    }
    return value;
  };
  return (text) => text.replace(REFERENCE, (_, arn: string) => secretAt(arn));
}
