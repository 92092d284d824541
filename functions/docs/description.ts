/**
 * The description of the whole API. Bundling runs this module and puts its JSON in its place (`infra/embedded.ts`): the
 * deployed function holds one text, not every capability's schemas.
 */
import packageJson from '../../package.json' with { type: 'json' };
import type { Routes } from '../../shared/edge/catalogue.ts';
import { openApiOf } from '../../shared/edge/openapi/document.ts';
import type { OpenApiDocument } from '../../shared/edge/openapi/types.ts';
import { api } from '../api.ts';

const description: OpenApiDocument = openApiOf(api as Record<string, Routes>, packageJson.version);
export default description;
