package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
)

// Texts are the catalogs: everything that people read, in Dutch and English.
// It is made by LoadTexts and is read-only after that.
type Texts struct {
	localizers map[string]*i18n.Localizer
	ids        []string
	slots      map[string][]string // placeholders per id, sorted
}

// languages are those that every text exists in, the first is the fallback.
var languages = []string{"nl", "en"}

// slot is the one form of placeholder: {{.Name}}. Templates can do more; a text
// may not, so that a municipality's override stays data.
var slot = regexp.MustCompile(`\{\{\.([A-Z][A-Za-z0-9]*)\}\}`)

// LoadTexts reads the embedded catalogs and lays overrides over them: a
// municipality's own words per text id, where an empty language keeps the
// catalog's text. It refuses an id that does not exist and an override whose
// placeholders differ from those of the text it replaces; all at once.
func LoadTexts(overrides map[string]Label) (*Texts, error) {
	if len(overrides) == 0 {
		return plainTexts()
	}
	return loadTexts(catalogs, overrides)
}

// plainTexts are the embedded catalogs as they are, read once: it takes longer
// than all else at the start, where they are asked for several times.
var plainTexts = sync.OnceValues(func() (*Texts, error) { return loadTexts(catalogs, nil) })

func loadTexts(fsys fs.FS, overrides map[string]Label) (*Texts, error) {
	all, err := readCatalogs(fsys)
	if err != nil {
		return nil, err
	}
	t := &Texts{localizers: map[string]*i18n.Localizer{}, slots: map[string][]string{}}
	t.ids = slices.Sorted(maps.Keys(all["nl"]))
	for _, id := range t.ids {
		t.slots[id], _ = slotsOf(all["nl"][id])
	}
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(overrides)) {
		for _, lang := range languages {
			own := overrides[id].In(lang)
			if lang == "en" {
				own = overrides[id].EN // no falling back to Dutch here
			}
			if own == "" {
				continue
			}
			if err := t.fits(id, own); err != nil {
				errs = append(errs, err)
				continue
			}
			all[lang][id] = own
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	bundle := i18n.NewBundle(language.Dutch)
	for _, lang := range languages {
		tag := language.MustParse(lang)
		for id, text := range all[lang] {
			if err := bundle.AddMessages(tag, &i18n.Message{ID: id, Other: text}); err != nil {
				return nil, fmt.Errorf("config: text %s: %w", id, err)
			}
		}
		t.localizers[lang] = i18n.NewLocalizer(bundle, lang)
	}
	return t, nil
}

// OverrideError says what is wrong with a municipality's own text. Slots are
// the placeholders that it must have, or nil when the id does not exist.
type OverrideError struct {
	ID      string
	Unknown bool
	Slots   []string
}

// Error implements error. It holds no text of the municipality.
func (e *OverrideError) Error() string {
	if e.Unknown {
		return fmt.Sprintf("config: text %q does not exist", e.ID)
	}
	return fmt.Sprintf("config: text %q needs exactly the placeholders %v", e.ID, e.Slots)
}

func (t *Texts) fits(id, text string) error {
	want, ok := t.slots[id]
	if !ok {
		return &OverrideError{ID: id, Unknown: true}
	}
	if got, ok := slotsOf(text); !ok || !slices.Equal(got, want) {
		return &OverrideError{ID: id, Slots: want}
	}
	return nil
}

// Say returns the text in lang ("nl" or "en"; anything else counts as "nl")
// with args filled in by name. A text that does not exist, or an argument that
// is missing, gives the id between brackets: a mark that tests look for and
// that people can quote.
func (t *Texts) Say(lang, id string, args map[string]any) string {
	loc, ok := t.localizers[lang]
	if !ok {
		loc = t.localizers[languages[0]]
	}
	for _, name := range t.slots[id] {
		if _, ok := args[name]; !ok {
			return "[" + id + "]"
		}
	}
	s, err := loc.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: args})
	if err != nil || !t.Has(id) {
		return "[" + id + "]"
	}
	return s
}

// Has reports whether the text exists.
func (t *Texts) Has(id string) bool {
	_, ok := t.slots[id]
	return ok
}

// IDs returns all text ids, sorted.
func (t *Texts) IDs() []string { return slices.Clone(t.ids) }

// Slots returns the names of the placeholders of a text, sorted.
func (t *Texts) Slots(id string) []string { return slices.Clone(t.slots[id]) }

// slotsOf returns the sorted names of the placeholders in text, and whether
// text holds no other braces.
func slotsOf(text string) ([]string, bool) {
	names := []string{}
	for _, m := range slot.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	rest := slot.ReplaceAllString(text, "")
	return slices.Compact(names), !strings.Contains(rest, "{{") && !strings.Contains(rest, "}}")
}

// readCatalogs returns the texts per language and id. It refuses whatever would
// let a text go missing: a file without its pair, an id in one language only or
// in two areas, differing placeholders, an empty text.
func readCatalogs(fsys fs.FS) (map[string]map[string]string, error) {
	files, err := fs.Glob(fsys, "texts/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("config: texts: %w", err)
	}
	all := map[string]map[string]string{"nl": {}, "en": {}}
	area := map[string]string{} // language/id to the area that has it
	var errs []error
	for _, name := range files {
		parts := strings.Split(path.Base(name), ".")
		if len(parts) != 3 || all[parts[1]] == nil {
			errs = append(errs, fmt.Errorf("config: %s is not <area>.nl.yaml or <area>.en.yaml", name))
			continue
		}
		texts, err := readCatalog(fsys, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for id, text := range texts {
			key := parts[1] + "/" + id
			if other, ok := area[key]; ok {
				errs = append(errs, fmt.Errorf("config: text %s is in %s and in %s", id, other, parts[0]))
			}
			area[key] = parts[0]
			all[parts[1]][id] = text
		}
	}
	errs = append(errs, pairs(all, area)...)
	return all, errors.Join(errs...)
}

func pairs(all map[string]map[string]string, area map[string]string) []error {
	var errs []error
	for id, nl := range all["nl"] {
		en, ok := all["en"][id]
		if !ok || area["nl/"+id] != area["en/"+id] {
			errs = append(errs, fmt.Errorf("config: text %s of %s has no English", id, area["nl/"+id]))
			continue
		}
		a, okA := slotsOf(nl)
		b, okB := slotsOf(en)
		if !okA || !okB || !slices.Equal(a, b) {
			errs = append(errs, fmt.Errorf("config: text %s has other placeholders in English, or braces that are none", id))
		}
	}
	for id := range all["en"] {
		if _, ok := all["nl"][id]; !ok {
			errs = append(errs, fmt.Errorf("config: text %s of %s has no Dutch", id, area["en/"+id]))
		}
	}
	return errs
}

func readCatalog(fsys fs.FS, name string) (map[string]string, error) {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("config: texts: %w", err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("config: %s: %w", name, err)
	}
	out := map[string]string{}
	if len(doc.Content) == 0 {
		return out, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("config: %s is not a flat mapping", name)
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		k, v := root.Content[i], root.Content[i+1]
		if _, twice := out[k.Value]; twice {
			return nil, fmt.Errorf("config: %s:%d: text %s stands there twice", name, k.Line, k.Value)
		}
		if v.Kind != yaml.ScalarNode || v.ShortTag() != "!!str" || strings.TrimSpace(v.Value) == "" {
			return nil, fmt.Errorf("config: %s:%d: %s is not a text (put it in quotes)", name, k.Line, k.Value)
		}
		out[k.Value] = strings.TrimSpace(v.Value)
	}
	return out, nil
}
