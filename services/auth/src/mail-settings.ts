/** The settings of mails and text messages, as what sends them wants them. */
import { ConfigError, type Logger, refuseWithout, TlsFiles } from '@clatter/runtime';
import type { AuthConfig } from './config.ts';

export interface SmtpSettings {
  readonly url: string;
  readonly from: string;
  readonly tls: boolean;
  readonly ca: string | undefined;
}

export interface TwilioSettings {
  readonly url: string;
  readonly account: string;
  readonly token: string;
  readonly from: string;
}

/** Undefined where no server is set. Throws a ConfigError. */
export function smtpSettings(config: AuthConfig, logger: Logger): SmtpSettings | undefined {
  const url = config.CLATTER_AUTH_SMTP_URL;
  const ca = { name: 'CLATTER_AUTH_SMTP_CA_FILE', path: config.CLATTER_AUTH_SMTP_CA_FILE };
  if (url === '') {
    refuseWithout('CLATTER_AUTH_SMTP_URL', [ca]);
    return undefined;
  }
  const none = { name: '', path: undefined };
  const files = ca.path === '' ? undefined : new TlsFiles({ ca, certificate: none, key: none }, logger);
  return {
    url,
    from: config.CLATTER_AUTH_MAIL_FROM,
    tls: config.CLATTER_AUTH_SMTP_TLS === 'on',
    ca: files?.pem.ca?.toString(),
  };
}

/** Undefined where no sender is set. Throws a ConfigError. */
export function twilioSettings(config: AuthConfig): TwilioSettings | undefined {
  const url = config.CLATTER_AUTH_SMS_URL;
  const settings = {
    CLATTER_AUTH_SMS_ACCOUNT: config.CLATTER_AUTH_SMS_ACCOUNT,
    CLATTER_AUTH_SMS_TOKEN: config.CLATTER_AUTH_SMS_TOKEN,
    CLATTER_AUTH_SMS_FROM: config.CLATTER_AUTH_SMS_FROM,
  };
  for (const [name, value] of Object.entries(settings)) {
    if (url === '' && value !== '')
      throw new ConfigError(`${name}: want CLATTER_AUTH_SMS_URL with it, got nothing there`);
    if (url !== '' && value === '')
      throw new ConfigError(`${name}: want one, since CLATTER_AUTH_SMS_URL is set, got nothing`);
  }
  if (url === '') return undefined;
  return {
    url: url.replace(/\/$/, ''),
    account: settings.CLATTER_AUTH_SMS_ACCOUNT,
    token: settings.CLATTER_AUTH_SMS_TOKEN,
    from: settings.CLATTER_AUTH_SMS_FROM,
  };
}
