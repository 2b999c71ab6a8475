//! What one route is, in the words of OpenAPI; what all routes share is added by `openapi`.

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{Object, ObjectBuilder, Ref, Schema, Type};
use utoipa::openapi::{Content, ContentBuilder, RefOr, Required, ResponseBuilder};

/// A named schema of the document.
pub type Named = (String, RefOr<Schema>);

/// What one route is.
pub struct Operation {
    /// Its name for generated clients.
    pub id: &'static str,
    /// In one line.
    pub summary: &'static str,
    /// In more.
    pub description: Option<String>,
    /// Query and header parameters.
    pub parameters: Vec<Parameter>,
    /// What it takes.
    pub body: Option<RequestBody>,
    /// Its answers by status.
    pub answers: Vec<(u16, ResponseBuilder)>,
    /// The schemas that these name.
    pub schemas: Vec<Named>,
}

impl Operation {
    /// An operation of this name.
    pub fn new(id: &'static str, summary: &'static str) -> Self {
        let (parameters, answers, schemas) = (Vec::new(), Vec::new(), Vec::new());
        Self { id, summary, description: None, parameters, body: None, answers, schemas }
    }

    /// Says more.
    pub fn about(self, description: impl Into<String>) -> Self {
        Self { description: Some(description.into()), ..self }
    }

    /// An optional parameter of the query.
    pub fn query(self, name: &str, description: &str, schema: ObjectBuilder) -> Self {
        self.parameter(name, ParameterIn::Query, description, schema)
    }

    /// An optional header.
    pub fn header(self, name: &str, description: &str, schema: ObjectBuilder) -> Self {
        self.parameter(name, ParameterIn::Header, description, schema)
    }

    fn parameter(mut self, name: &str, place: ParameterIn, description: &str, schema: ObjectBuilder) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(Schema::from(schema.build())));
        self.parameters.push(parameter.build());
        self
    }

    /// The JSON body, with an example.
    pub fn takes<T: ToSchema>(mut self, example: Value) -> Self {
        let content = ContentBuilder::new().schema(Some(self.name::<T>())).example(Some(example)).build();
        let body = RequestBodyBuilder::new().required(Some(Required::True)).content("application/json", content);
        self.body = Some(body.build());
        self
    }

    /// Plain text is taken too.
    pub fn takes_text(mut self, schema: ObjectBuilder, example: &str) -> Self {
        let schema = Schema::from(schema.build());
        let content = ContentBuilder::new().schema(Some(schema)).example(Some(Value::from(example))).build();
        if let Some(body) = &mut self.body {
            body.content.insert("text/plain".into(), RefOr::T(content));
        }
        self
    }

    /// A JSON answer.
    pub fn answers<T: ToSchema>(mut self, status: u16, description: &str) -> Self {
        let content = Content::new(Some(self.name::<T>()));
        let response = ResponseBuilder::new().description(description).content("application/json", content);
        self.answers.push((status, response));
        self
    }

    /// A JSON answer whose members are not told one by one.
    pub fn answers_object(mut self, status: u16, description: &str) -> Self {
        let content = Content::new(Some(Schema::from(Object::with_type(Type::Object))));
        let response = ResponseBuilder::new().description(description).content("application/json", content);
        self.answers.push((status, response));
        self
    }

    /// A text answer; beside a JSON answer of the same status it is another form of it.
    pub fn answers_text(mut self, status: u16, description: &str, media_type: &str) -> Self {
        let content = Content::new(Some(Schema::from(Object::with_type(Type::String))));
        match self.answers.iter().position(|(known, _)| *known == status) {
            Some(at) => {
                let (_, response) = self.answers.remove(at);
                self.answers.insert(at, (status, response.content(media_type, content)));
            }
            None => {
                let response = ResponseBuilder::new().description(description).content(media_type, content);
                self.answers.push((status, response));
            }
        }
        self
    }

    /// An error, with its codes and when they come.
    pub fn fails(mut self, status: u16, when: &str) -> Self {
        let content = Content::new(Some(Ref::from_schema_name("Error")));
        self.answers.push((status, ResponseBuilder::new().description(when).content("application/json", content)));
        self
    }

    fn name<T: ToSchema>(&mut self) -> Ref {
        self.schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(&mut self.schemas);
        Ref::from_schema_name(T::name())
    }
}

/// A whole number in a range, ends included.
pub fn whole(low: u64, high: u64) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(low as f64)).maximum(Some(high as f64))
}

/// A text of a form.
pub fn text(pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern))
}
