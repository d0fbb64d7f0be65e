package written

import (
	"reflect"
	"slices"
	"strconv"
	"time"
)

// Into sets the fields of a struct, which have yaml tags, from a mapping. Texts, whole numbers, true and false, lengths of time,
// structs, maps by text, and any are known. Absent fields and null stay as they are. A type of text other than string holds
// something that no error repeats.
func (v *Value) Into(target any) error { return v.into(reflect.ValueOf(target).Elem()) }

func (v *Value) into(target reflect.Value) error {
	if v.Null() {
		return nil
	}
	switch {
	case target.Type() == reflect.TypeFor[time.Duration]():
		d, err := v.Duration()
		target.SetInt(int64(d))
		return err
	case target.Kind() == reflect.String && target.Type() != reflect.TypeFor[string]():
		text, err := v.Hidden()
		target.SetString(text)
		return err
	}
	switch target.Kind() {
	case reflect.String:
		text, err := v.Text()
		target.SetString(text)
		return err
	case reflect.Bool:
		b, err := v.Bool()
		target.SetBool(b)
		return err
	case reflect.Int:
		n, err := v.Int()
		target.SetInt(int64(n))
		return err
	case reflect.Map:
		return v.intoMap(target)
	case reflect.Struct:
		return v.intoStruct(target)
	case reflect.Interface:
		value, err := v.any()
		if err == nil && value != nil {
			target.Set(reflect.ValueOf(value))
		}
		return err
	}
	panic("written: no rule for " + target.Type().String())
}

func (v *Value) intoStruct(target reflect.Value) error {
	fields, err := v.Fields()
	if err != nil {
		return err
	}
	var known []string
	for i := range target.NumField() {
		known = append(known, target.Type().Field(i).Tag.Get("yaml"))
	}
	for _, f := range fields {
		i := slices.Index(known, f.Key)
		if i < 0 {
			return f.Unknown(known)
		}
		if err := f.into(target.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func (v *Value) intoMap(target reflect.Value) error {
	fields, err := v.Fields()
	if err != nil {
		return err
	}
	target.Set(reflect.MakeMapWithSize(target.Type(), len(fields)))
	for _, f := range fields {
		value := reflect.New(target.Type().Elem()).Elem()
		if err := f.into(value); err != nil {
			return err
		}
		target.SetMapIndex(reflect.ValueOf(f.Key), value)
	}
	return nil
}

// any returns what the value is by itself: text, a whole number, true or false, nothing, a list or a mapping of these.
func (v *Value) any() (any, error) {
	switch {
	case v.kind == list:
		made := make([]any, len(v.list))
		for i, item := range v.list {
			var err error
			if made[i], err = item.any(); err != nil {
				return nil, err
			}
		}
		return made, nil
	case v.kind == mapping:
		made := make(map[string]any, len(v.fields))
		for _, f := range v.fields {
			var err error
			if made[f.Key], err = f.any(); err != nil {
				return nil, err
			}
		}
		return made, nil
	case v.Null():
		return nil, nil
	case v.kind == plain && boolPattern.MatchString(v.text):
		return v.Bool()
	case v.kind == plain && integerPattern.MatchString(v.text):
		return v.Int()
	case v.kind == plain && decimalPattern.MatchString(v.text):
		return strconv.ParseFloat(v.text, 64)
	}
	return v.Text()
}
