/** Browsers bring their own. */
