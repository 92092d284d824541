import { published } from '../../../shared/edge/published.ts';
import description from '../description.ts';
import { pageOf } from '../render.ts';

export const makeHandler = () => {
  const { html, contentSecurityPolicy } = pageOf(description);
  return published('text/html; charset=utf-8', html, {
    'content-security-policy': contentSecurityPolicy,
    'referrer-policy': 'no-referrer',
  });
};
