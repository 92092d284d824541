/** The HTTP API of the assembly: its routes with their functions, authorizer and CORS settings. */
import { type Inventory, only } from './inventory.ts';
import type { ApiModel, RouteModel } from './model.ts';
import type { Properties } from './resources.ts';

export function apiModel(inventory: Inventory): ApiModel {
  const api = only(inventory.of('AWS::ApiGatewayV2::Api'), 'HTTP API');
  const stage = only(inventory.of('AWS::ApiGatewayV2::Stage'), 'stage');
  const authorizers = inventory.of('AWS::ApiGatewayV2::Authorizer');
  const authorizer = authorizers.length > 0 ? only(authorizers, 'authorizer').properties.JwtConfiguration : null;
  return {
    apiId: api.ref,
    routes: routeModels(inventory),
    jwt: authorizer && { issuer: authorizer.Issuer, audience: authorizer.Audience },
    cors: corsModel(api.properties),
    stageVariables: stage.properties.StageVariables,
  };
}

function routeModels(inventory: Inventory): RouteModel[] {
  const integrations = new Map(
    inventory.of('AWS::ApiGatewayV2::Integration').map(({ ref, properties }) => [`integrations/${ref}`, properties]),
  );
  return inventory.of('AWS::ApiGatewayV2::Route').map(({ logicalId, properties }) => {
    const integration = integrations.get(properties.Target);
    if (!integration) throw new Error(`${logicalId}: no integration ${properties.Target}`);
    return {
      routeKey: properties.RouteKey,
      functionId: inventory.behind(functionArn(integration.IntegrationUri), ['AWS::Lambda::Function'], logicalId),
      authorizer: properties.AuthorizationType === 'JWT' ? 'jwt' : 'none',
      scopes: properties.AuthorizationScopes,
      timeoutMs: integration.TimeoutInMillis,
    };
  });
}

/** An integration names its function plainly, or as `arn:aws:apigateway:…:lambda:path/…/functions/<arn>/invocations`. */
const functionArn = (uri: string): string => /\/functions\/(.+)\/invocations$/.exec(uri)?.[1] ?? uri;

function corsModel({ CorsConfiguration: cors }: Properties<'AWS::ApiGatewayV2::Api'>): ApiModel['cors'] {
  if (!cors) return null;
  return {
    allowOrigins: cors.AllowOrigins,
    allowMethods: cors.AllowMethods,
    allowHeaders: cors.AllowHeaders,
    exposeHeaders: cors.ExposeHeaders,
    allowCredentials: cors.AllowCredentials,
    maxAgeSeconds: cors.MaxAge,
  };
}
