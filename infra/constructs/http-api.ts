/** The HTTP API: one route per row, with the scopes and the throttle of the row's access. */
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnStage,
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Access, Route } from '../../shared/edge/catalogue.ts';
import type { Catalogues } from '../catalogues.ts';
import { SCOPES } from './identity.ts';
import { type Lambdas, lambdaOf } from './lambda.ts';

/** Rate per second and burst, per route. Traffic of storefronts comes in bursts; that of staff and readers does not. */
const THROTTLE: Record<Access, { ThrottlingRateLimit: number; ThrottlingBurstLimit: number }> = {
  public: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
  storefront: { ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 2_000 },
  admin: { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
};

/** Route keys instead of paths and queries, which contain ids and contacts. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  route: '$context.routeKey',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integrationLatency',
  integrationStatus: '$context.integrationStatus',
  responseBytes: '$context.responseLength',
};

export interface RegularsApiProps {
  catalogue: Catalogues['api'];
  lambdas: Lambdas;
  authorizer: IHttpRouteAuthorizer;
}

export class RegularsApi extends Construct {
  readonly httpApi: HttpApi;
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, props: { corsOrigins: string[] }) {
    super(scope, id);
    const cors = props.corsOrigins.length > 0 ? { corsPreflight: corsOf(props.corsOrigins) } : {};
    this.httpApi = new HttpApi(this, 'Http', { apiName: 'regulars', createDefaultStage: false, ...cors });
    const logGroup = new LogGroup(this, 'AccessLogs', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.httpApi,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 2_000, burstLimit: 4_000 },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    });
  }

  /** Adds every route of the catalogue. The stage depends on them because it refuses throttles of routes that do not exist yet. */
  serve({ catalogue, lambdas, authorizer }: RegularsApiProps): void {
    const throttles: Record<string, (typeof THROTTLE)[Access]> = {};
    for (const [capability, routes] of Object.entries(catalogue)) {
      if (Object.keys(routes).length === 0) continue;
      const { lambda } = lambdaOf(lambdas, capability);
      const integration = new HttpLambdaIntegration(capability, lambda, { scopePermissionToRoute: false });
      for (const route of Object.values(routes)) {
        const routeKey = `${route.method} ${route.path}`;
        const made = new HttpRoute(this, routeKey.replaceAll('/', '.'), {
          httpApi: this.httpApi,
          routeKey: HttpRouteKey.with(route.path, HttpMethod[route.method]),
          integration,
          ...authorizationOf(route, authorizer),
        });
        if (route.access === 'public') acknowledgePublic(made);
        this.stage.node.addDependency(made);
        throttles[routeKey] = THROTTLE[route.access];
      }
    }
    (this.stage.node.defaultChild as CfnStage).routeSettings = throttles;
  }
}

const authorizationOf = ({ access }: Route, authorizer: IHttpRouteAuthorizer) => {
  const authorizationScopes = SCOPES[access];
  return authorizationScopes ? { authorizer, authorizationScopes } : { authorizer: new HttpNoneAuthorizer() };
};

const acknowledgePublic = (route: HttpRoute): void =>
  Validations.of(route).acknowledge({
    id: 'AwsSolutions-APIG4',
    reason: 'The route is public by its row in the API catalogue.',
  });

const corsOf = (allowOrigins: string[]): CorsPreflightOptions => ({
  allowOrigins,
  allowMethods: [
    CorsHttpMethod.GET,
    CorsHttpMethod.POST,
    CorsHttpMethod.PUT,
    CorsHttpMethod.PATCH,
    CorsHttpMethod.DELETE,
  ],
  allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match'],
  exposeHeaders: ['etag', 'idempotent-replayed', 'retry-after', 'link', 'content-disposition'],
  maxAge: Duration.hours(1),
});
