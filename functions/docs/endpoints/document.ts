import { published } from '../../../shared/edge/published.ts';
import description from '../description.ts';

export const makeHandler = () => published('application/json', JSON.stringify(description));
