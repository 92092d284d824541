export { tableSchema } from './table-schema.ts';
