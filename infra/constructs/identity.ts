/** Who may call: a user pool for staff, and app clients for storefronts' servers and for the console. */
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

/** Scopes that open a route, any of which is enough; undefined where it is open to everyone. */
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
    const admin = new ResourceServerScope({ scopeName: 'admin', scopeDescription: 'Everything: staff' });
    const storefront = new ResourceServerScope({
      scopeName: 'storefront',
      scopeDescription: "What a storefront's server needs",
    });
    const server = this.userPool.addResourceServer('Api', {
      identifier: RESOURCE_SERVER,
      scopes: [admin, storefront],
    });
    this.domain = this.userPool.addDomain('Domain', { cognitoDomain: { domainPrefix: props.domainPrefix } });
    this.storefront = storefrontClient(this.userPool, server, storefront);
    this.console = consoleClient(this.userPool, server, admin, props.consoleUrls);
  }

  /** Where tokens are issued: `POST` with the client's credentials. */
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
        'Each organization decides whether its staff needs a second factor; one-time passwords are on offer to all.',
    },
    {
      id: 'AwsSolutions-COG8',
      reason:
        "Staff accounts are made by administrators only; threat protection by the plus plan is the organization's choice, paid per user.",
    },
  );
  return pool;
};

/** A server with a secret of its own, acting for no person. */
const storefrontClient = (pool: UserPool, server: UserPoolResourceServer, scope: ResourceServerScope): UserPoolClient =>
  pool.addClient('Storefront', {
    generateSecret: true,
    oAuth: { flows: { clientCredentials: true }, scopes: [OAuthScope.resourceServer(server, scope)] },
    accessTokenValidity: Duration.hours(1),
    enableTokenRevocation: true,
  });

/** A browser: no secret, so the authorization code is bound to it by PKCE. */
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
