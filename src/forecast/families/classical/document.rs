//! A fitted model as a document for the manifest and a list of numbers for a tensor: every list of numbers leaves the document, and the
//! count of its numbers stays in its place.

use serde_json::{Map, Number, Value};

use crate::forecast::classical::Model;
use crate::forecast::model::{ModelError, Precision, Weights};

/// The member that stands for a list of so many numbers.
const NUMBERS: &str = "numbers";

/// The document of a model; its numbers become the tensor of this place.
///
/// # Errors
/// [`ModelError::Diverged`] where the model has a number that is none.
pub fn store(model: &Model, place: usize, weights: &mut Weights) -> Result<Value, ModelError> {
    let diverged = |cause: String| ModelError::Diverged(format!("the model cannot be stored: {cause}"));
    let mut document = serde_json::to_value(model).map_err(|error| diverged(error.to_string()))?;
    // a number that is no number is null in JSON
    match serde_json::from_value::<Model>(document.clone()) {
        Ok(read) if read == *model => {}
        Ok(_) => return Err(diverged("it is another one when it is read again".into())),
        Err(error) => return Err(diverged(error.to_string())),
    }
    let mut numbers = Vec::new();
    take_numbers(&mut document, &mut numbers);
    weights.insert(&tensor_name(place), Precision::Double, &[numbers.len()], numbers);
    Ok(document)
}

/// The model of a document and its tensor.
///
/// # Errors
/// [`ModelError::Artifact`] where they do not fit each other.
pub fn restore(document: &Value, place: usize, weights: &mut Weights) -> Result<Model, ModelError> {
    let broken = |cause: String| ModelError::Artifact(format!("the document of target {place}: {cause}"));
    let mut document = document.clone();
    let count = count_numbers(&document).ok_or_else(|| broken("it counts too many numbers".into()))?;
    let numbers = weights.take(&tensor_name(place), &[count])?;
    put_numbers(&mut document, &mut numbers.into_iter());
    let model: Model = serde_json::from_value(document).map_err(|error| broken(error.to_string()))?;
    match model.is_sound() {
        true => Ok(model),
        false => Err(broken("a season or a state is out of range".into())),
    }
}

fn tensor_name(place: usize) -> String {
    format!("numbers_{place}")
}

fn take_numbers(value: &mut Value, numbers: &mut Vec<f64>) {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_f64) => {
            let count = items.len();
            numbers.extend(items.iter().filter_map(Value::as_f64));
            *value = Value::Object(Map::from_iter([(NUMBERS.to_owned(), count.into())]));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| take_numbers(item, numbers)),
        Value::Object(members) => members.values_mut().for_each(|member| take_numbers(member, numbers)),
        _ => {}
    }
}

/// How many numbers stand in an object's place; none where it is another object.
fn counted(members: &Map<String, Value>) -> Option<usize> {
    let count = members.get(NUMBERS).filter(|_| members.len() == 1)?.as_u64()?;
    usize::try_from(count).ok()
}

fn count_numbers(value: &Value) -> Option<usize> {
    let add = |sum: usize, part: &Value| sum.checked_add(count_numbers(part)?);
    match value {
        Value::Object(members) => counted(members).or_else(|| members.values().try_fold(0, add)),
        Value::Array(items) => items.iter().try_fold(0, add),
        _ => Some(0),
    }
}

fn put_numbers(value: &mut Value, numbers: &mut impl Iterator<Item = f64>) {
    match value {
        Value::Object(members) => match counted(members) {
            Some(count) => {
                let list =
                    numbers.take(count).map(|number| Number::from_f64(number).map_or(Value::Null, Value::Number));
                *value = Value::Array(list.collect());
            }
            None => members.values_mut().for_each(|member| put_numbers(member, numbers)),
        },
        Value::Array(items) => items.iter_mut().for_each(|item| put_numbers(item, numbers)),
        _ => {}
    }
}
