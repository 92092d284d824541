import { published } from '../../../shared/edge/published.ts';
import description from '../description.ts';

const health = JSON.stringify({ status: 'ok', version: description.info.version });

export const makeHandler = () => published('application/json', health, { 'cache-control': 'no-store' });
