/** Gives a text to the sheet of the phone, where it is copied or passed on. */
import { Share } from 'react-native';

export const copyText: ((text: string) => Promise<void>) | undefined = async (text) => {
  await Share.share({ message: text });
};
