/** Authentication: a user pool for staff, and app clients for storefront servers and the console. */
import { Aws, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  AccountRecovery,
  FeaturePlan,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  UserPool,
  type UserPoolClient,
  type UserPoolDomain,
  type UserPoolResourceServer,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { Access } from '../../shared/edge/catalogue.ts';

const RESOURCE_SERVER = 'regulars';

/** Scopes for each kind of access, one of which suffices; undefined for public routes. */
export const SCOPES: Record<Access, string[] | undefined> = {
  public: undefined,
  storefront: [`${RESOURCE_SERVER}/storefront`, `${RESOURCE_SERVER}/admin`],
  admin: [`${RESOURCE_SERVER}/admin`],
};

export class Identity extends Construct {
  readonly userPool: UserPool;
  readonly storefront: UserPoolClient;
  readonly console: UserPoolClient;
  readonly domain: UserPoolDomain;

  constructor(scope: Construct, id: string, props: { domainPrefix: string; consoleUrls: string[] }) {
    super(scope, id);
    this.userPool = staffPool(this);
    const admin = new ResourceServerScope({ scopeName: 'admin', scopeDescription: 'Full access for staff' });
    const storefront = new ResourceServerScope({
      scopeName: 'storefront',
      scopeDescription: 'Access for storefront servers',
    });
    const server = this.userPool.addResourceServer('Api', {
      identifier: RESOURCE_SERVER,
      scopes: [admin, storefront],
    });
    this.domain = this.userPool.addDomain('Domain', { cognitoDomain: { domainPrefix: props.domainPrefix } });
    this.storefront = storefrontClient(this.userPool, server, storefront);
    this.console = consoleClient(this.userPool, server, admin, props.consoleUrls);
  }

  /** The address that issues tokens: `POST` with the client's credentials. */
  get tokenEndpoint(): string {
    return `https://${this.domain.domainName}.auth.${Aws.REGION}.amazoncognito.com/oauth2/token`;
  }
}

const staffPool = (scope: Construct): UserPool => {
  const pool = new UserPool(scope, 'Staff', {
    featurePlan: FeaturePlan.ESSENTIALS,
    selfSignUpEnabled: false,
    signInAliases: { email: true },
    signInCaseSensitive: false,
    accountRecovery: AccountRecovery.EMAIL_ONLY,
    passwordPolicy: {
      minLength: 12,
      requireLowercase: true,
      requireUppercase: true,
      requireDigits: true,
      requireSymbols: true,
      tempPasswordValidity: Duration.days(3),
    },
    mfa: Mfa.OPTIONAL,
    mfaSecondFactor: { otp: true, sms: false },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  Validations.of(pool).acknowledge(
    {
      id: 'AwsSolutions-COG2',
      reason:
        'Each organization decides whether its staff must use a second factor. One-time passwords are available to all.',
    },
    {
      id: 'AwsSolutions-COG8',
      reason:
        'Only administrators create staff accounts. Threat protection requires the Plus plan, which each organization may choose and pays per user.',
    },
  );
  return pool;
};

/** A server with a client secret. It acts on behalf of no person. */
const storefrontClient = (pool: UserPool, server: UserPoolResourceServer, scope: ResourceServerScope): UserPoolClient =>
  pool.addClient('Storefront', {
    generateSecret: true,
    oAuth: { flows: { clientCredentials: true }, scopes: [OAuthScope.resourceServer(server, scope)] },
    accessTokenValidity: Duration.hours(1),
    enableTokenRevocation: true,
  });

/** A browser. It cannot keep a secret, so PKCE binds the authorization code to it. */
const consoleClient = (
  pool: UserPool,
  server: UserPoolResourceServer,
  scope: ResourceServerScope,
  urls: string[],
): UserPoolClient =>
  pool.addClient('Console', {
    generateSecret: false,
    oAuth: {
      flows: { authorizationCodeGrant: true },
      scopes: [OAuthScope.OPENID, OAuthScope.resourceServer(server, scope)],
      callbackUrls: urls,
      logoutUrls: urls,
    },
    accessTokenValidity: Duration.hours(1),
    refreshTokenValidity: Duration.days(1),
    enableTokenRevocation: true,
    preventUserExistenceErrors: true,
  });
