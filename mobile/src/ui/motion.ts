/** Whether the person asked their device for less movement. */
import { useEffect, useState } from 'react';
import { AccessibilityInfo } from 'react-native';

export function useCalm(): boolean {
  const [calm, setCalm] = useState(false);
  useEffect(() => {
    AccessibilityInfo.isReduceMotionEnabled().then(setCalm, () => undefined);
    const listening = AccessibilityInfo.addEventListener('reduceMotionChanged', setCalm);
    return () => listening?.remove();
  }, []);
  return calm;
}
