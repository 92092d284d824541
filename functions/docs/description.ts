/**
 * The OpenAPI document of the whole API. The build evaluates this module and replaces it with its JSON
 * (`infra/embedded.ts`), so the deployed function contains no schemas of other capabilities.
 */
import packageJson from '../../package.json' with { type: 'json' };
import type { Routes } from '../../shared/edge/catalogue.ts';
import { openApiOf } from '../../shared/edge/openapi/document.ts';
import type { OpenApiDocument } from '../../shared/edge/openapi/types.ts';
import { api } from '../api.ts';

const description: OpenApiDocument = openApiOf(api as Record<string, Routes>, packageJson.version);
export default description;
