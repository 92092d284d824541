/** What the demonstration's people are called, where they live and what they buy. All of it is made up. */

const listOf = (text: string): readonly [string, ...string[]] => text.trim().split(/,\s+/) as [string, ...string[]];

export const FIRST_NAMES = listOf(`
  Amara, Bruno, Chiara, Dmitri, Elena, Farid, Grace, Hugo, Imani, Jonas, Keiko, Liam, Maya, Noah, Olga,
  Priya, Quentin, Rosa, Samir, Tessa, Umar, Vera, Wanda, Ximena, Yusuf, Zoë, Anaïs, Björn, Ciarán,
  Dorothée, Łucja, Sofía
`);

export const LAST_NAMES = listOf(`
  Abbott, Bauer, Costa, Dubois, Eriksen, Fontana, Garcia, Hughes, Ivanova, Jensen, Kimura, Lindqvist,
  Moreau, Novak, O'Neill, Park, Quinn, Rossi, Sato, Tanaka, Underwood, Vogel, Walsh, Xu, Young, Zamora,
  de la Cruz, van den Berg, Öztürk, Müller
`);

export interface City {
  city: string;
  region: string;
  country: string;
  timezone: string;
  latitude: number;
  longitude: number;
}

export const CITIES: readonly [City, ...City[]] = [
  { city: 'Leeds', region: 'England', country: 'GB', timezone: 'Europe/London', latitude: 53.8, longitude: -1.55 },
  { city: 'London', region: 'England', country: 'GB', timezone: 'Europe/London', latitude: 51.51, longitude: -0.13 },
  { city: 'Lyon', region: 'Auvergne', country: 'FR', timezone: 'Europe/Paris', latitude: 45.76, longitude: 4.84 },
  { city: 'Berlin', region: 'Berlin', country: 'DE', timezone: 'Europe/Berlin', latitude: 52.52, longitude: 13.4 },
  { city: 'New York', region: 'NY', country: 'US', timezone: 'America/New_York', latitude: 40.71, longitude: -74.01 },
  { city: 'Chicago', region: 'IL', country: 'US', timezone: 'America/Chicago', latitude: 41.88, longitude: -87.63 },
  {
    city: 'Los Angeles',
    region: 'CA',
    country: 'US',
    timezone: 'America/Los_Angeles',
    latitude: 34.05,
    longitude: -118.24,
  },
  {
    city: 'São Paulo',
    region: 'SP',
    country: 'BR',
    timezone: 'America/Sao_Paulo',
    latitude: -23.55,
    longitude: -46.63,
  },
  { city: 'Mumbai', region: 'Maharashtra', country: 'IN', timezone: 'Asia/Kolkata', latitude: 19.08, longitude: 72.88 },
  { city: 'Tokyo', region: 'Tokyo', country: 'JP', timezone: 'Asia/Tokyo', latitude: 35.68, longitude: 139.69 },
  { city: 'Sydney', region: 'NSW', country: 'AU', timezone: 'Australia/Sydney', latitude: -33.87, longitude: 151.21 },
];

export const PRODUCTS = [
  { sku: 'vinyl-jazz', name: 'Blue Hour (LP)', category: 'vinyl' },
  { sku: 'vinyl-soul', name: 'Northern Lights (LP)', category: 'vinyl' },
  { sku: 'cd-indie', name: 'Paper Boats', category: 'cd' },
  { sku: 'cd-classic', name: 'Nocturnes', category: 'cd' },
  { sku: 'tee-tour', name: 'Tour shirt', category: 'merchandise' },
  { sku: 'tote', name: 'Record bag', category: 'merchandise' },
  { sku: 'cleaner', name: 'Record brush', category: 'care' },
] as const;

export const EXPERIENCES = [
  { experienceId: 'spring-drop', distribution: 'queue' },
  { experienceId: 'signed-edition', distribution: 'draw' },
  { experienceId: 'listening-evening', distribution: 'waitlist' },
] as const;
