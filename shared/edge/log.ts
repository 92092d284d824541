/** Log lines for operators: JSON, ids and names only. Messages of errors stay out, as they may quote personal data. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

export const logError = (what: string, error: unknown, fields: LogFields = {}): void => {
  const name = error instanceof Error ? error.name : typeof error;
  const frames =
    error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at ')) : [];
  write('error', what, { ...fields, error: name, at: frames.slice(0, 8).join('\n') });
};

export const logInfo = (what: string, fields: LogFields = {}): void => write('info', what, fields);

const write = (level: string, what: string, fields: LogFields): void => {
  process.stdout.write(`${JSON.stringify({ level, what, ...fields })}\n`);
};
