/** The table of a served stack, past the product: every item as it lies there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openWire, TABLES } from '../../infra/local/runtime/dynamodb/wire.ts';

export interface RawTable {
  /** Every item, each as JSON. */
  scan(): Promise<string[]>;
  put(item: Record<string, unknown>): Promise<void>;
  remove(key: { pk: string; sk: string }): Promise<void>;
}

/** The table of the running stack with this data folder. */
export const rawTable = async (data: string): Promise<RawTable> => {
  const wire = openWire(`http://127.0.0.1:${portIn(data)}`);
  const { TableNames } = await wire.send<{ TableNames: string[] }>(`${TABLES}.ListTables`, {});
  const [TableName] = TableNames;
  const ask = <T>(operation: string, input: object) => wire.send<T>(`${TABLES}.${operation}`, { TableName, ...input });
  return {
    scan: async () => {
      const items: string[] = [];
      let from: object | undefined;
      do {
        const page: { Items: object[]; LastEvaluatedKey?: object } = await ask('Scan', { ExclusiveStartKey: from });
        items.push(...page.Items.map((item) => JSON.stringify(item)));
        from = page.LastEvaluatedKey;
      } while (from);
      return items;
    },
    put: async (Item) => void (await ask('PutItem', { Item })),
    remove: async ({ pk, sk }) => void (await ask('DeleteItem', { Key: { pk: { S: pk }, sk: { S: sk } } })),
  };
};

/** DynamoDB Local was started with its port. */
const portIn = (data: string): number => {
  const pid = readFileSync(join(data, 'dynamodb', 'dynamodb.pid'), 'utf8').trim();
  const [, port] = /-port\0(\d+)/.exec(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? [];
  if (port === undefined) throw new Error('DynamoDB Local does not run');
  return Number(port);
};
