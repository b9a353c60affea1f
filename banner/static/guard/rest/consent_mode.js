// Google's Consent Mode v2, basic: its tags are told what was granted, before they run.

const SIGNALS = {
  analytics: 'analytics_storage',
  marketing: 'ad_storage ad_user_data ad_personalization',
  preferences: 'functionality_storage personalization_storage',
};

/** What `gtag` puts into its list: the arguments themselves; an array is read as something else.
 *
 * @param {...any} _ */
function entry(..._) {
  return arguments;
}

/** Tells them: `verb` is 'default' or 'update'. */
export function signal(granted, verb) {
  const state = { security_storage: 'granted' };
  for (const purpose in SIGNALS) {
    for (const name of SIGNALS[purpose].split(' ')) state[name] = granted.includes(purpose) ? 'granted' : 'denied';
  }
  const list = (self.dataLayer ??= []);
  const say = entry('consent', verb, state);
  if (verb == 'default') list.unshift(say);
  else list.push(say);
}
